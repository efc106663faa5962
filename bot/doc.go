// Package bot is what the bot is: the domain and every decision. Pure: Step takes a contact and an
// input and returns the contact as it is afterwards and the effects. Nobody here reads a clock, a
// random source, a file or a database.
package bot
