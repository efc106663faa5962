package web

import (
	"path/filepath"
	"strings"

	"optinbot/bot/config"
)

// settings shows config.yaml as it counts: it is changed in the file, not here.
func (s *Server) settings() screen {
	return screen{path: "/settings", name: "settings", area: "settings", show: showSettings}
}

// A settingsView is what Settings shows.
type settingsView struct {
	Groups  []config.SettingGroup
	Changed int    // so many are not as the program has them built in
	Only    bool   // only those are shown
	File    string // the name of the file
}

func showSettings(v *visit) (any, error) {
	groups, err := v.Desk.Settings(v)
	if err != nil {
		return nil, err
	}
	view := &settingsView{Only: v.r.URL.Query().Has("changed"), File: filepath.Base(v.Desk.Config.File())}
	for _, group := range groups {
		shown := group
		shown.Settings = nil
		for _, s := range group.Settings {
			changed := s.Origin != config.FromDefault && s.Value != s.Default
			if changed {
				view.Changed++
			}
			if dir, file := filepath.Split(s.Place); dir != "" { // where the folder lies is nobody's business
				s.Place = file
			}
			if s.Origin == config.FromFile {
				s.Place, _, _ = strings.Cut(strings.TrimPrefix(s.Place, view.File+":"), ":") // the line
			}
			if changed || !view.Only {
				shown.Settings = append(shown.Settings, s)
			}
		}
		if len(shown.Settings) > 0 {
			view.Groups = append(view.Groups, shown)
		}
	}
	return view, nil
}
