package web

import (
	"html/template"
	"strings"

	"rsc.io/qr"

	"optinbot/bot/desk"
)

// numberLink links a number to a phone, by a code to scan or one to type.
func (s *Server) numberLink() screen {
	return screen{
		path: "/n/{number}/number/link", name: "number_link", area: "number", show: showNumberLink,
		acts: map[string]func(*visit) (string, error){"": startLinking, "end": endLinking},
	}
}

// A linkView is what the link of a number shows.
type linkView struct {
	OnCloud bool // no phone can be linked: the number is on Meta's Cloud API
	Linked  bool // as far as is known
	Served  bool
	Phone   string // of the number, as it was linked before
	Now     *desk.Linking
	Code    template.HTML // to scan
	Typed   string        // to type, in two halves
}

// Under reports whether the number is being linked now.
func (v linkView) Under() bool { return v.Now != nil && !v.Now.Over() }

func showNumberLink(v *visit) (any, error) {
	detail, err := v.Desk.NumberDetail(v, v.number)
	if err != nil {
		return nil, err
	}
	view := &linkView{OnCloud: detail.OnCloud, Linked: detail.Linked, Served: detail.Served, Phone: detail.Phone}
	now, _, ok := v.Desk.Linking(v.number)
	if !ok {
		return view, nil
	}
	view.Now = &now
	if !v.who.May(desk.ActLinkNumber) { // whoever sees the code can link the number
		view.Now.Code = ""
		return view, nil
	}
	switch now.Stage {
	case desk.LinkingScan:
		view.Code, err = qrCode(now.Code, qr.L)
	case desk.LinkingType:
		view.Typed = strings.ReplaceAll(now.Code, "-", " ")
	}
	return view, err
}

func startLinking(v *visit) (string, error) {
	phone := ""
	if v.r.PostForm.Get("way") == "type" {
		if phone = strings.TrimSpace(v.r.PostForm.Get("phone")); phone == "" {
			return "", inWords(v.lang.say("link.type_it"))
		}
	}
	if _, err := v.Desk.StartLinking(v, v.number, phone); err != nil {
		return "", err
	}
	v.tellLinking(v.number)
	return "", nil
}

// tellLinking lets open pages look again at each step of a linking, until it is over.
func (s *Server) tellLinking(number string) {
	s.working.Go(func() {
		for {
			l, changed, ok := s.Desk.Linking(number)
			s.live.look()
			if !ok || l.Over() {
				return
			}
			select {
			case <-changed:
			case <-s.ends:
				return
			}
		}
	})
}

func endLinking(v *visit) (string, error) {
	return "", v.Desk.EndLinking(v, v.number)
}
