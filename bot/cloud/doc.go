// Package cloud connects a number by Meta's WhatsApp Business Platform, the Cloud API: what goes out
// is one POST a message, and what comes in is posted to us.
//
//   - [Open] makes a [Client], the bot.Connection of one number.
//   - A [Hook] is the http.Handler for Meta's webhooks, of all numbers of the process.
//
// # What is different on this wire
//
// The ID of a message is Meta's, and comes with the answer. Our own ID travels along as
// biz_opaque_callback_data and comes back in every status, so a status settles what became of a
// message whose answer was lost. Meta knows no idempotency: nothing is sent twice here, by nobody.
// A send is "not tried" only where it is proven that nothing left (see classify.go).
//
// An accepted message may fail later. That is a bot.Receipt of the kind ReceiptFailed, with its
// cause. The table of Meta's codes is in codes.go.
//
// People may have no phone. They are known by a BSUID, a phone or both. wa_id is only another
// spelling of the phone and makes nobody a new person.
//
// # What comes in
//
// A webhook is answered with 200 when all of it is committed, and else with 500: Meta then repeats
// it, ever more rarely, for seven days. Messages go before statuses. What is signed and cannot be
// read is kept ([Options].Keep), holds the marketing to the person whom it names, is told as a
// notice, and gets 200: a week of repeats would not make it readable.
//
// The IDs of Meta (wamids) have the person's phone in them. They are masked in errors and logs.
package cloud
