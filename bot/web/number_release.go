package web

import (
	"errors"

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
			form := v.r.PostForm
			_, err := v.Desk.ReleaseNumber(v, v.number, form.Get("reason"), form.Get("people") != "")
			return done("/n/"+v.number+"/number", "number_released"), err
		}},
	}
}

// A releaseView is what the release of a number would mean.
type releaseView struct {
	desk.NumberReleaseOffer
	Waits bool // there is something to release
}
