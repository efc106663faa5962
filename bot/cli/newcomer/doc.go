// Package newcomer has the tests that open `demo --web` in a real browser, as somebody does who has
// never seen the program.
package newcomer
