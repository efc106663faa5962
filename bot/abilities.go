package bot

// Abilities are what a number's wire can do. The zero value is WhatsApp Web.
type Abilities struct {
	Buttons   bool // a question may have Buttons
	Templates bool // promotions go out as Templates, which WhatsApp has approved
}

// CloudAbilities are what Meta's Cloud API can do.
func CloudAbilities() Abilities { return Abilities{Buttons: true, Templates: true} }
