package whatsapptest

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// An Addressing says which of its two addresses a contact writes from, and whether the other one
// comes along. The client keeps the pair when it does (message.go:51-55, 173-190).
type Addressing int

// The ways to address. WhatsApp has used all of them.
const (
	FromLID       Addressing = iota // from the LID, with the phone number: the default
	FromLIDOnly                     // from the LID alone
	FromPhone                       // from the phone number, with the LID
	FromPhoneOnly                   // from the phone number alone
)

// SetAddressing changes how the contact's messages and receipts are addressed from now on.
func (c *Contact) SetAddressing(a Addressing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addressing = a
}

// from returns the address to write from and the attributes that name the other. It is called with
// the lock held.
func (c *Contact) from() (types.JID, waBinary.Attrs) {
	mode := c.addressing
	switch {
	case c.number.IsEmpty() || mode == FromLIDOnly:
		return c.lid, waBinary.Attrs{"addressing_mode": string(types.AddressingModeLID)}
	case mode == FromPhone:
		return c.number, waBinary.Attrs{"sender_lid": c.lid, "addressing_mode": string(types.AddressingModePN)}
	case mode == FromPhoneOnly:
		return c.number, waBinary.Attrs{"addressing_mode": string(types.AddressingModePN)}
	}
	return c.lid, waBinary.Attrs{"sender_pn": c.number, "addressing_mode": string(types.AddressingModeLID)}
}
