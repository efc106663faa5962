package cli

// BroadcastCmd is `broadcast`.
type BroadcastCmd struct {
	List     BroadcastListCmd     `cmd:"" help:"List the drafts and what is scheduled."`
	Preview  BroadcastPreviewCmd  `cmd:"" help:"Show how many people it reaches, and the texts of some of them."`
	Test     BroadcastTestCmd     `cmd:"" help:"Send its texts to your own chat, to look at them on the phone."`
	Template BroadcastTemplateCmd `cmd:"" help:"Hand its templates in at WhatsApp, and see what became of them (Cloud API)."`
	Schedule BroadcastScheduleCmd `cmd:"" help:"Arm a draft: it goes out at its time, to whoever is subscribed then."`
	Pause    BroadcastPauseCmd    `cmd:"" help:"Pause, at once."`
	Resume   BroadcastResumeCmd   `cmd:"" help:"Go on after a pause."`
	Release  BroadcastReleaseCmd  `cmd:"" help:"Send one that came due while the bot could not send."`
	Cancel   BroadcastCancelCmd   `cmd:"" help:"Cancel it now; nobody else gets it."`
	Status   BroadcastStatusCmd   `cmd:"" help:"Show the progress, and the result for everyone."`
	Resolve  BroadcastResolveCmd  `cmd:"" help:"Settle deliveries whose result is unknown."`
	Why      BroadcastWhyCmd      `cmd:"" help:"Tell why someone did or did not get it."`
}
