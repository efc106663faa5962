package desk

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A PageState says where `run` serves the operators' page, or why it does not. The zero value is
// that it serves none.
type PageState struct {
	Address string `json:"address,omitempty"` // as a browser finds it
	Problem string `json:"problem,omitempty"` // why it is not served, though config.yaml names a place
}

// pageFile is where `run` says it, for `status`, which is another process.
func (f *Files) pageFile() string { return filepath.Join(f.Config.Path(f.Config.Data), "page.json") }

// SayPage keeps where the page is served. It may be repeated.
func (f *Files) SayPage(s PageState) error {
	if s == (PageState{}) {
		if err := os.Remove(f.pageFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(f.pageFile(), content, 0o600) // what is half written is nowhere, see Page
}

// Page is where the page is served, as long as `run` runs. What cannot be read is nowhere.
func (f *Files) Page() (s PageState) {
	if !f.runs() {
		return s
	}
	content, err := os.ReadFile(f.pageFile())
	if err != nil || json.Unmarshal(content, &s) != nil {
		return PageState{}
	}
	return s
}
