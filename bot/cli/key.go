package cli

// KeyCmd is `key`.
type KeyCmd struct {
	Add    KeyAddCmd    `cmd:"" help:"Make a key for a program: it is shown once."`
	List   KeyListCmd   `cmd:"" help:"Show the keys, without what is secret, and when they were last used."`
	Revoke KeyRevokeCmd `cmd:"" help:"Take a key away, at once."`
	Enable KeyEnableCmd `cmd:"" help:"Let a key in again that a restore has switched off."`
}
