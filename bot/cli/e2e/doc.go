// Package e2e has the tests that build the program and drive it from outside, as a person at a
// terminal, a supervisor and WhatsApp's server do.
package e2e
