package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"optinbot/flows"
)

// NewShopFolder looks whether a shop's folder can be made there. It refuses a folder that has
// something in it. It changes nothing, and may be repeated.
func NewShopFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return Refuse("%s is not empty", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ShopMade is what MakeShop has made.
type ShopMade struct {
	Files []string // paths within the folder, in order
	Draft string   // the one that is an example broadcast
	Zone  string   // the shop's time zone

	Elsewhere string // the country, where it has other time zones, too. "": no need to ask
}

// MakeShop makes a shop's folder, with a configuration, a flow and an example broadcast. defaults is
// the config.yaml that the program comes with. Without answers the files are those that the program
// comes with, as they are. It refuses a folder that has something in it, and leaves nothing behind
// where it fails: it may be repeated after an error.
func MakeShop(dir string, defaults []byte, answers *NewShop) (ShopMade, error) {
	if err := NewShopFolder(dir); err != nil {
		return ShopMade{}, err
	}
	files, made, err := shopFiles(defaults, answers)
	if err != nil {
		return ShopMade{}, err
	}
	made.Files = slices.Sorted(maps.Keys(files))
	for _, name := range made.Files {
		if strings.HasPrefix(name, "flows/broadcasts/") && strings.HasSuffix(name, ".yaml") {
			made.Draft = name
		}
	}
	return made, writeFolder(dir, files)
}

func shopFiles(defaults []byte, answers *NewShop) (map[string][]byte, ShopMade, error) {
	if answers == nil {
		files, err := sampleFiles()
		if err == nil {
			files["config.yaml"] = defaults
		}
		return files, ShopMade{Zone: "UTC"}, err
	}
	files, err := answers.files(defaults)
	made := ShopMade{Zone: answers.Zone}
	if zones := answers.ZoneChoices(); len(zones) > 0 && answers.Zone == zones[0] {
		made.Elsewhere = answers.Country.Names[0]
	}
	return files, made, err
}

// sampleFiles are the flow and the draft that come with the program, as they are.
func sampleFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(flows.Defaults, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files["flows/"+name], err = flows.Defaults.ReadFile(name)
		return err
	})
	return files, err
}

// The lines of config.yaml that the answers change.
var (
	configZone    = flows.Pattern(`(?m)^zone: UTC +#`)
	configCountry = flows.Pattern(`(?m)^country: "" +#`)
)

// files are the files of the shop's folder.
func (s *NewShop) files(defaults []byte) (map[string][]byte, error) {
	zone := ""
	if s.Zone != "UTC" {
		zone = s.Zone
	}
	sample, err := flows.Sample(s.Kind, s.Languages, s.Name, zone)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, content := range sample {
		files["flows/"+name] = content
	}
	config := configZone().ReplaceAll(defaults, fmt.Appendf(nil, "%-28s#", "zone: "+s.Zone))
	if s.Country.Code != "" {
		config = configCountry().ReplaceAll(config, fmt.Appendf(nil, "%-28s#", "country: "+s.Country.Code))
	}
	files["config.yaml"] = config
	return files, nil
}

// writeFolder makes a folder with its files. Where that fails, nothing of it stays.
func writeFolder(dir string, files map[string][]byte) (err error) {
	var made []string // outermost first
	defer func() {
		for _, name := range slices.Backward(made) {
			if err != nil {
				_ = os.Remove(name)
			}
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		folders, err := makeFolders(filepath.Dir(file))
		made = append(made, folders...)
		if err != nil {
			return err
		}
		made = append(made, file)
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeFolders makes a folder and those above it, and names the ones that were not there, outermost
// first.
func makeFolders(dir string) (made []string, err error) {
	if _, err := os.Stat(dir); err == nil {
		return nil, nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if made, err = makeFolders(parent); err != nil {
			return made, err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), nil
}
