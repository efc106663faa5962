// Package whatsapp is the bot's connection to WhatsApp: go.mau.fi/whatsmeow on one side,
// bot.Message and bot.Outgoing on the other. Together with whatsapptest it is the only importer of
// whatsmeow.
//
// It carries and does not decide: what a message means, whether one may be sent and what follows
// from a logout is for package bot. It keeps four promises on the way:
//
//   - A message is acknowledged to WhatsApp after the bot.Inbound has returned nil, and only then. A panic is an error.
//   - A send has an ID chosen before it, a deadline, and an outcome that never claims more than is known.
//   - No phone number, message body or token reaches a log.
//   - A session that WhatsApp has ended is never linked again by itself.
//
// Facts about the library are cited by file, as of the version in go.mod.
package whatsapp
