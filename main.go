// Command optinbot is a WhatsApp bot that people ask for promotions, and that never writes to anyone who did not ask.
package main

import (
	_ "embed"
	"os"

	"optinbot/bot/cli"
)

//go:embed config.yaml
var defaults []byte

func main() {
	os.Exit(cli.Main(os.Args[1:], defaults))
}
