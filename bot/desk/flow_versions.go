package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// FlowVersions are the versions that a number has run with, the newest first. It changes nothing,
// and may be repeated.
func (d *Desk) FlowVersions(ctx context.Context, number string) ([]store.FlowVersion, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	versions, err := d.Store.FlowVersions(ctx, number)
	return append([]store.FlowVersion{}, versions...), err
}

// A RollbackOffer says which version of a flow would be written, and over what.
type RollbackOffer struct {
	File     string    `json:"file"`
	Version  string    `json:"version"`  // to be written
	Accepted time.Time `json:"accepted"` // since when it was in use
	Replaces string    `json:"replaces"` // the version that the file has now. "" where there is no file

	ShopZone *time.Location `json:"-"`
}

// Questions are what has to be answered with yes before the version is written.
func (o RollbackOffer) Questions() []Question {
	return []Question{{Asks: fmt.Sprintf("Write version %s, in use since %s, into %s?",
		o.Version, text.When(o.Accepted, o.ShopZone), ShownPath(o.File))}}
}

// OfferRollback returns which version can be written back: the one that is named or, for "", the
// newest that the file does not have. A version that the number has not run with is refused. It
// changes nothing, and may be repeated.
func (d *Desk) OfferRollback(ctx context.Context, n config.Number, version string) (o RollbackOffer, err error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return o, err
	}
	o.File, o.ShopZone = d.Files.FlowPath(n.Flow), d.shopZone(n.Name)
	inFile := flows.Version(nil)
	if now, err := os.ReadFile(o.File); err == nil {
		inFile = flows.Version(now)
		o.Replaces = inFile
	}
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil {
		return o, err
	}
	for _, v := range versions {
		if v.Flow == n.Flow && (version == "" && v.Version != inFile || version == v.Version) {
			o.Version, o.Accepted = v.Version, v.Accepted
			return o, nil
		}
	}
	return o, Refuse("there is no such version of flow %s; `optinbot flow versions` lists them", n.Flow)
}

// RollBack writes the offered version into the file. The running bot takes it as it takes any edit.
// What the file had is kept beside it, and that name is returned, or "" where there was no file. It
// is refused where somebody has edited the file since the offer, and where the number has not run
// with that version. After a success the file has another version, so the same offer is refused.
func (d *Desk) RollBack(ctx context.Context, n config.Number, o RollbackOffer) (kept string, err error) {
	ctx, end, err := d.begin(ctx, ActRollBackFlow, n.Name)
	if err != nil {
		return "", err
	}
	defer func() { end(err) }()
	if err := d.ofAll(ctx, n.Flow); err != nil {
		return "", err
	}
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(versions, func(v store.FlowVersion) bool {
		return v.Flow == n.Flow && v.Version == o.Version
	})
	if i < 0 {
		return "", Refuse("there is no such version of flow %s; `optinbot flow versions` lists them", n.Flow)
	}
	return d.Files.replaceFlow(n.Flow, versions[i].Source, o.Replaces)
}

// FlowPath is where the file of a flow lies.
func (f *Files) FlowPath(flow string) string {
	return filepath.Join(f.Config.Path(f.Config.Flows), flow+".yaml")
}

// replaceFlow writes the file of a flow whose version is replaces. "" means that there is none.
// What it had is kept beside it, under the name that is returned. Where it has another version by
// now it is refused.
func (f *Files) replaceFlow(flow string, content []byte, replaces string) (kept string, err error) {
	file, version := f.FlowPath(flow), ""
	now, readErr := os.ReadFile(file)
	if readErr == nil {
		version = flows.Version(now)
	}
	if version != replaces {
		return "", stale("%s was edited meanwhile; look at it and give the command again", ShownPath(file))
	}
	if readErr == nil {
		kept = file + ".before"
		if err := os.WriteFile(kept, now, 0o644); err != nil {
			return "", err
		}
	}
	return kept, ReplaceFile(file, content)
}

// ReplaceFile puts a whole file in the place of another at once. It may be repeated.
func ReplaceFile(file string, content []byte) error {
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
