package desk

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A PageState says where `run` serves the operators' page, or takes Meta's webhooks, or why it does
// not. The zero value is that it does neither.
type PageState struct {
	Address string `json:"address,omitempty"` // as a browser finds it
	Problem string `json:"problem,omitempty"` // why it is not served, though config.yaml names a place
}

// The files in which `run` says it, for `status`, which is another process.
const (
	pageFile  = "page.json"
	hooksFile = "hooks.json"
)

// SayPage keeps where the page is served. It may be repeated.
func (f *Files) SayPage(s PageState) error { return f.sayServed(pageFile, s) }

// SayHooks keeps where Meta's webhooks come in. It may be repeated.
func (f *Files) SayHooks(s PageState) error { return f.sayServed(hooksFile, s) }

func (f *Files) sayServed(name string, s PageState) error {
	file := filepath.Join(f.Config.Path(f.Config.Data), name)
	if s == (PageState{}) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600) // what is half written is nowhere, see served
}

// Page is where the page is served, as long as `run` runs. What cannot be read is nowhere.
func (f *Files) Page() PageState { return f.served(pageFile) }

// Hooks is where Meta's webhooks come in, as long as `run` runs.
func (f *Files) Hooks() PageState { return f.served(hooksFile) }

func (f *Files) served(name string) (s PageState) {
	if !f.runs() {
		return s
	}
	content, err := os.ReadFile(filepath.Join(f.Config.Path(f.Config.Data), name))
	if err != nil || json.Unmarshal(content, &s) != nil {
		return PageState{}
	}
	return s
}
