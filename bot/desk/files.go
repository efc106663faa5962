package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/lock"
	"optinbot/flows"
	"optinbot/store"
)

// Files are the operator's: flows, drafts of broadcasts and the conversations that test flows.
type Files struct {
	Config    *config.Config
	Log       *slog.Logger
	Database  string // see Options
	restoring bool   // a backup is restored: what it had accepted is not known yet
	edited    map[string][]byte
}

// TakeCloud makes a number on the Cloud API this process's, until release is called. Where another has
// it, that is bot.ErrInUse.
func (f *Files) TakeCloud(number string) (release func() error, err error) {
	release, err = lock.Take(f.cloudLock(number))
	if errors.Is(err, lock.ErrTaken) {
		err = fmt.Errorf("%w: %v", bot.ErrInUse, err)
	}
	return release, err
}

// CloudTaken reports whether a process has a number on the Cloud API.
func (f *Files) CloudTaken(number string) bool { return lock.Taken(f.cloudLock(number)) }

func (f *Files) cloudLock(number string) string {
	return filepath.Join(f.Config.Path(f.Config.Data), "cloud-"+number+".lock")
}

// With is the same files with another text for one of them, named from the folder of flows. Nothing
// is written.
func (f *Files) With(name string, text []byte) *Files {
	with := *f
	with.edited = maps.Clone(f.edited)
	if with.edited == nil {
		with.edited = map[string][]byte{}
	}
	with.edited[name] = text
	return &with
}

// read reads a file of the folder of flows, or the text that takes its place.
func (f *Files) read(folder fs.FS, name string) ([]byte, error) {
	if text, ok := f.edited[name]; ok {
		return text, nil
	}
	return fs.ReadFile(folder, name)
}

// What was accepted goes on (promise O5): a file that a number has run with, or a draft that was
// armed, byte for byte, is read by the rules of its day. Rules that are newer than it warn. An edit
// makes another file of it, which has to keep every rule.

// loadFlow loads a flow from a file.
func (f *Files) loadFlow(ctx context.Context, file string, src []byte) (*flows.Flow, []flows.Problem) {
	flow, bad := flows.Load(file, src)
	if flow == nil && f.accepted(ctx, file, src) {
		return flows.LoadAccepted(file, src)
	}
	return flow, bad
}

// loadBroadcast loads a draft from a file.
func (f *Files) loadBroadcast(
	ctx context.Context, file string, src []byte, flow *flows.Flow,
) (*flows.Broadcast, []flows.Problem) {
	b, bad := flows.LoadBroadcast(file, src, flow)
	if b == nil && f.accepted(ctx, file, src) {
		return flows.LoadArmed(file, src, flow)
	}
	return b, bad
}

// accepted reports whether a file was accepted before. Where that cannot be told it was not: what
// is read then is what was accepted last.
func (f *Files) accepted(ctx context.Context, file string, src []byte) bool {
	if f.restoring { // the backup will tell, when the number is served
		return true
	}
	known, err := store.Accepted(ctx, f.place(), src)
	if err != nil {
		f.Log.Warn("it cannot be told whether the file was accepted before", "file", file, "error", err)
	}
	return known
}

// place is where the store is that knows what was accepted.
func (f *Files) place() store.Place {
	return store.Place{Folder: f.Config.Path(f.Config.Data), URL: f.Database}
}

// acceptedVersion reports whether a draft was armed before, with the file that goes out with it.
func (f *Files) acceptedVersion(ctx context.Context, version string) bool {
	if f.restoring {
		return true
	}
	known, err := store.ArmedVersion(ctx, f.place(), version)
	if err != nil {
		f.Log.Warn("it cannot be told whether the draft was armed before", "error", err)
	}
	return known
}

// flowFile loads a flow from a file anywhere.
func (f *Files) flowFile(ctx context.Context, name string) (*flows.Flow, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	flow, bad := f.loadFlow(ctx, name, src)
	if len(bad) > 0 {
		return nil, Problems(bad)
	}
	return flow, nil
}

// A ConversationFile is one file of conversations, as the operator wrote it.
type ConversationFile struct {
	Shown string // as messages name it
	Path  string // where it can be written. "" for what is built in
	Text  string
}

// Conversations are the files of conversations beside the flows, if there are any. It changes
// nothing, and may be repeated.
func (f *Files) Conversations() (out []ConversationFile, err error) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(folder, "tests/[^.]*.chat")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		src, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		file := ConversationFile{Shown: path.Join(shown, name), Text: string(src)}
		if dir := f.Config.Path(f.Config.Flows); shown == dir {
			file.Path = filepath.Join(dir, filepath.FromSlash(name))
			file.Shown = ShownPath(file.Path)
		}
		out = append(out, file)
	}
	return out, nil
}

// usualFlows is the folder of flows unless the configuration names another. Only this one may be
// missing.
const usualFlows = "flows"

// files is the folder of flows, or what is embedded where there is none.
func (f *Files) folder() (fs.FS, string, error) {
	dir := f.Config.Path(f.Config.Flows)
	if !f.Config.BuiltIn() && isFolder(dir) {
		return os.DirFS(dir), dir, nil
	}
	if f.Config.Flows != usualFlows {
		return nil, "", Misconfigured{fmt.Errorf("there is no folder %s, where `flows:` says that the flows are", dir)}
	}
	return flows.Defaults, "(built in)", nil
}

// Problems is what is wrong with a file of the operator's. It prints all of it.
type Problems []flows.Problem

func (p Problems) Error() string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// Flow loads the flow called name. A file that is not there is Misconfigured, and what is wrong with
// one are Problems. It changes nothing, and may be repeated.
func (f *Files) Flow(ctx context.Context, name string) (*flows.Flow, error) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil, err
	}
	file := name + ".yaml"
	src, err := f.read(folder, file)
	if err != nil {
		return nil, Misconfigured{fmt.Errorf("there is no flow %s in %s: %w", file, shown, err)}
	}
	flow, bad := f.loadFlow(ctx, path.Join(shown, file), src)
	if len(bad) > 0 {
		return nil, Problems(bad)
	}
	return flow, nil
}

// Drafts are the names of the broadcasts in the folder. It changes nothing, and may be repeated.
func (f *Files) Drafts() ([]string, error) {
	folder, _, err := f.folder()
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(folder, "broadcasts")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		// What begins with a dot is not the operator's: macOS puts ._NAME.yaml beside NAME.yaml.
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok && !e.IsDir() && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, err
}

// notDrafts are files in the folder of drafts that look like drafts and are not read as one, with
// what to do: other endings, and capitals in them.
func (f *Files) notDrafts() (says []string) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil
	}
	entries, err := fs.ReadDir(folder, "broadcasts")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		ending := path.Ext(e.Name())
		is := strings.EqualFold(ending, ".yml") || strings.EqualFold(ending, ".yaml") && ending != ".yaml"
		if is && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			says = append(says, fmt.Sprintf("%s/broadcasts/%s is not read: a draft's name ends in .yaml; rename it "+
				"to %s.yaml", shown, e.Name(), strings.TrimSuffix(e.Name(), ending)))
		}
	}
	return says
}

// Draft loads the broadcast called name for a flow, with the file that it attaches. Not found where
// there is none, with those that there are. What is wrong with one are Problems. It changes nothing,
// and may be repeated.
func (f *Files) Draft(ctx context.Context, name string, flow *flows.Flow) (*flows.Broadcast, error) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil, err
	}
	names, err := f.Drafts()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, notFound("there is no broadcast %q; %s/broadcasts has: %s%s", name, shown,
			cmp.Or(strings.Join(names, ", "), "nothing"),
			strings.Join(append([]string{""}, f.notDrafts()...), "\n"))
	}
	file := path.Join("broadcasts", name+".yaml")
	src, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, err
	}
	b, bad := f.loadBroadcast(ctx, path.Join(shown, file), src, flow)
	if b != nil {
		bad = f.attach(ctx, folder, "broadcasts", path.Join(shown, file), b)
	}
	if len(bad) > 0 {
		return nil, Problems(bad)
	}
	return b, nil
}

// attach looks at what a draft in a folder names, if it names it: a time zone, and a file, which it
// reads.
func (f *Files) attach(ctx context.Context, from fs.FS, folder, shown string, b *flows.Broadcast) []flows.Problem {
	if _, err := time.LoadLocation(b.Zone); err != nil && b.Zone != flows.ZoneContact {
		return b.NoZone(shown)
	}
	if b.Media == nil {
		return nil
	}
	data, err := fs.ReadFile(from, path.Join(folder, b.Media.File))
	missing := ""
	if err != nil {
		missing = err.Error()
		var broken *fs.PathError
		if errors.As(err, &broken) {
			missing = broken.Err.Error()
		}
	}
	bad := b.Attach(shown, data, missing, false)
	if len(bad) > 0 && missing == "" && f.acceptedVersion(ctx, b.VersionWith(data)) {
		return b.Attach(shown, data, missing, true)
	}
	return bad
}

// maxSource is how long a file of a flow may be. A longer one is an accident.
const maxSource = 1 << 20

// flowSource reads the file of a flow: the flow, or its problems.
func (f *Files) flowSource(
	ctx context.Context, name string,
) (flow *flows.Flow, source []byte, bad []flows.Problem, err error) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil, nil, nil, err
	}
	file := name + ".yaml"
	if _, edited := f.edited[file]; !edited {
		info, err := fs.Stat(folder, file)
		if err != nil {
			return nil, nil, nil, err
		}
		if info.Size() > maxSource {
			return nil, nil, nil, fmt.Errorf("it has %d MB; a flow has a few thousand lines at most", info.Size()>>20)
		}
	}
	if source, err = f.read(folder, file); err != nil {
		return nil, nil, nil, err
	}
	flow, bad = f.loadFlow(ctx, shown+"/"+file, source)
	return flow, source, bad, nil
}
