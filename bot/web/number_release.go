package web

import (
	"errors"
	"strings"

	"optinbot/bot/desk"
)

// numberRelease lets a number send promotions again that was restored from a backup.
func (s *Server) numberRelease() screen {
	return screen{
		path: "/n/{number}/number/release", name: "number_release", area: "number",
		show: func(v *visit) (any, error) {
			offer, err := v.Desk.OfferNumberRelease(v, v.number, true)
			if errors.Is(err, desk.ErrRefused) {
				return releaseView{}, nil
			}
			return releaseView{offer, true}, err
		},
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			reason := strings.TrimSpace(v.r.PostForm.Get("reason"))
			if reason == "" {
				return "", desk.Refuse("say why: the reason goes into the ledger")
			}
			if _, err := v.Desk.ReleaseNumber(v, v.number, reason, v.r.PostForm.Get("people") != ""); err != nil {
				return "", err
			}
			return done("/n/"+v.number+"/number", "number_released"), nil
		}},
	}
}

// A releaseView is what the release of a number would mean.
type releaseView struct {
	desk.NumberReleaseOffer
	Waits bool // there is something to release
}
