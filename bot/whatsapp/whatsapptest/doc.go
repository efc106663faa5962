// Package whatsapptest is a WhatsApp server on loopback for tests: to a bot what net/http/httptest
// is to an HTTP client.
//
// The unmodified go.mau.fi/whatsmeow client runs against it end to end: Noise handshake, pairing,
// Signal encryption, receipts, media. A [Server] has a business [Phone], which links clients by QR
// or by code, and any number of [Contact]s, made when first asked for, each with a phone number, a
// LID and Signal sessions of its own. Contacts write, receive, decrypt and answer. They keep a log
// of everything they received, so that a test can count.
//
//	srv := whatsapptest.NewServer()
//	defer srv.Close()
//	srv.Use(client)              // a *whatsmeow.Client that is not connected yet
//	…                            // client.GetQRChannel, client.Connect
//	srv.Scan(code)               // the phone scans the QR code
//	ann := srv.Contact("+15550100001")
//	ann.Send("hello")
//	answer, err := ann.Next(ctx)
//
// What the server does follows from what the client library needs. The comments cite its source as
// file:line, all of version v0.0.0-20260921121126-35ae40906e74. Nothing here is evidence of what
// WhatsApp's own servers do: where the library leaves a choice, the comment says "our choice".
//
// # One root key for a process
//
// The key that must have signed a server's certificate is a variable of the library
// (whatsmeow.WACertPubKey, handshake.go:27), one for the process. So all servers of a process share
// one root key, made when the first server is made. A client in another process is told the key by
// a file: see [Server.WriteFile].
//
// # Waiting
//
// Nothing here sleeps or polls. Methods that wait take a context and return as soon as what they
// wait for is true. A message that a contact sends is on its way when Send returns. A message to a
// contact has been decrypted and is in its log before the server acknowledges it to the client.
package whatsapptest
