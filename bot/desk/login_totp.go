package desk

import (
	"context"
	"io"

	"optinbot/store"
)

// StartTOTP makes a secret for the authenticator of the operator of a session, who gives the
// password again first. uri is for a QR code. It counts once ConfirmTOTP has seen a code of it, and
// until then the one before does. It may be repeated: each call makes another secret.
func (d *Desk) StartTOTP(ctx context.Context, token string) (secret, uri string, err error) {
	o, s, err := d.session(ctx, token)
	if err != nil {
		return "", "", err
	}
	if !d.whoIs(o, s).Fresh {
		return "", "", ErrPasswordNeeded
	}
	raw := make([]byte, totpSecret)
	if _, err := io.ReadFull(d.random(), raw); err != nil {
		return "", "", err
	}
	secret = totpEncoding.EncodeToString(raw)
	found, err := d.Store.ChangeOperator(ctx, o.Name, false, func(o *store.Operator) error {
		o.TOTPNext = secret
		return nil
	})
	if err == nil && !found {
		err = ErrNoSession
	}
	return secret, totpURI(o.Name, secret), err
}

// ConfirmTOTP takes the secret that StartTOTP made, if code is one of it: from now on a log-in asks
// for one. ErrWrongLogIn: it is not. It is refused where none is being set up.
func (d *Desk) ConfirmTOTP(ctx context.Context, token, code string) error {
	return d.changeTOTP(ctx, token, ActSetUpTOTP, func(o *store.Operator) error {
		if o.TOTPNext == "" {
			return Refuse("no authenticator is being set up: begin again")
		}
		step := totpStepOf(o.TOTPNext, code, d.Now(), 0)
		if step == 0 {
			return ErrWrongLogIn
		}
		o.TOTP, o.TOTPNext, o.TOTPStep = o.TOTPNext, "", step
		return nil
	})
}

// DropTOTP lets the operator of a session come in without codes again. They give the password again
// first. It may be repeated.
func (d *Desk) DropTOTP(ctx context.Context, token string) error {
	return d.changeTOTP(ctx, token, ActDropTOTP, func(o *store.Operator) error {
		o.TOTP, o.TOTPNext = "", ""
		return nil
	})
}

func (d *Desk) changeTOTP(
	ctx context.Context, token string, act Action, change func(*store.Operator) error,
) (err error) {
	o, s, err := d.session(ctx, token)
	if err != nil {
		return err
	}
	w := d.whoIs(o, s)
	if !w.Fresh {
		return ErrPasswordNeeded
	}
	keys := []string{"name " + o.Name}
	if _, err := d.doors.try(d.Now(), keys...); err != nil {
		return err
	}
	ctx, end := d.beginAs(ctx, w, act)
	defer func() { end(err) }()
	found, err := d.Store.ChangeOperator(ctx, o.Name, false, change)
	if err == nil && !found {
		err = ErrNoSession
	}
	if err == nil {
		d.doors.succeeded(keys...)
	}
	return err
}
