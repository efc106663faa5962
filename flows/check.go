package flows

// invisible reports characters that cannot be seen (placeholder until check_texts has them).
func invisible(r rune) bool { return false }

// check finds what is wrong with a flow that could be read.
func check(f *Flow, r *report) {}

func checkBroadcast(b *Broadcast, f *Flow, r *report) {}
