// Package cloudtest is Meta's side of the WhatsApp Cloud API on loopback, for tests: the Graph API
// that a business calls, and the sender of webhooks that calls the business.
//
//	srv := cloudtest.NewServer()
//	defer srv.Close()
//	shop := srv.Number()                                  // its ID, WABA and phone
//	err := srv.Subscribe(ctx, "http://127.0.0.1:…/hook", "verify-token")
//	ana := srv.Person("+12125550101")
//	ana.Send("hello")                                     // waits as an event
//	srv.Deliver(ctx)                                      // is posted, signed
//	answer, err := ana.Next(ctx)                          // what the business sent to her phone
//
// The server checks each request with a table of its own (see [Rules]), knows which templates are
// approved, who stopped marketing, and whose 24-hour window is open. Each [Person] keeps a log of
// what reached their phone, so that a test can count.
//
// Nothing here is evidence of what Meta's servers do: where Meta's pages leave a choice, the comment
// says "our choice".
//
// # Time
//
// Nothing sleeps. The clock stands still until [Server.Advance] moves it, and an event that is due
// goes out when [Server.Deliver] is called. [Server.Run] delivers by itself, for programs that are
// tried from outside.
package cloudtest
