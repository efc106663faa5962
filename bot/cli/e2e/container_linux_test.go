package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// enter puts the program into a container as deploy/Containerfile makes one: a root with nothing in it but the program and the shop.
// There is no /tmp, no shell and no library.
func (b *binary) enter() {
	b.t.Helper()
	content, err := os.ReadFile(b.file)
	must(b.t, err)
	b.root = filepath.Dir(b.dir)
	must(b.t, os.WriteFile(filepath.Join(b.root, "optinbot"), content, 0o700))
	b.env = append(without(without(b.env, "TMPDIR"), "HOME"), "OPTINBOT_LOG_FORMAT=text")
	for i, set := range b.env {
		b.env[i] = strings.ReplaceAll(set, b.root, "")
	}
	cmd := b.cmd("version")
	if err := cmd.Start(); err != nil {
		b.t.Skipf("SKIPPED, AND NOT SHOWN: this machine lets nobody change the root folder: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		b.t.Fatalf("version in the container: %v", err)
	}
}

// changeRoot lets a command see nothing but a folder, whoever starts it: user_namespaces(7).
func changeRoot(cmd *exec.Cmd, root string) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// playingVerbs play something on a store that goes away with them.
var playingVerbs = [][]string{
	{"flow", "test"}, {"chat"}, {"simulate"}, {"simulate", "--broadcast", "weekend-offer"}, {"broadcast", "preview", "weekend-offer"},
	{"flow", "graph", "--format", "svg"}, {"doctor"}, {"demo"},
}

// TestO1TheContainerNeedsNoTemporaryFolder: in the project's own container, which has nothing but the program and the shop, every verb that
// plays something works, and the running bot takes an edit of its flow.
func TestO1TheContainerNeedsNoTemporaryFolder(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	_, b := linked(t)
	b.enter()
	kill := b.start()
	defer kill()
	flow := filepath.Join(b.dir, "flows", "promotions.yaml")
	was, err := os.ReadFile(flow)
	must(t, err)
	must(t, os.WriteFile(flow, bytes.ReplaceAll(was, []byte("Take care!"), []byte("Farewell!")), 0o600))
	notices := ""
	if err := eventually(ctx, func() bool {
		notices = b.do("status", "--notices", "5")
		return strings.Contains(notices, "Farewell!") || strings.Contains(notices, "goes on as before")
	}); err != nil || !strings.Contains(notices, "Farewell!") {
		t.Errorf("the running bot does not take an edit: %v\n%s", err, notices)
	}
	must(t, b.bot.Process.Signal(syscall.SIGHUP)) // as when the terminal closes: like SIGTERM
	if err := b.bot.Wait(); err != nil {
		t.Errorf("run, told to stop by SIGHUP: %v", err)
	}
	before := b.listed()
	for _, verb := range playingVerbs {
		b.plays(verb)
	}
	if after := b.listed(); after != before {
		t.Errorf("the shop's folder had\n%s\nand has\n%s", before, after)
	}
}

// plays runs a verb that plays something.
func (b *binary) plays(verb []string) {
	b.t.Helper()
	if code, printed := b.both(verb...); code != exitDone && verb[0] != "doctor" || strings.Contains(printed, "no such file") {
		b.t.Errorf("%s: exit code %d\n%s", strings.Join(verb, " "), code, printed)
	}
}

// listed are the files of the shop's folder, but for those that SQLite makes and takes away.
func (b *binary) listed() string {
	b.t.Helper()
	var all []string
	must(b.t, filepath.WalkDir(b.dir, func(file string, d os.DirEntry, err error) error {
		if name := d.Name(); !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm") {
			all = append(all, strings.TrimPrefix(file, b.dir))
		}
		return err
	}))
	return strings.Join(all, "\n")
}

// TestATemporaryFolderThatIsNotThere: the same where TMPDIR names a folder that nobody has made.
func TestATemporaryFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	file, err := program()
	must(t, err)
	b := &binary{t: t, file: file, dir: filepath.Join(t.TempDir(), "shop")}
	b.env = append(without(os.Environ(), "TMPDIR"), "TMPDIR="+filepath.Join(b.dir, "nowhere"))
	if out, err := exec.Command(file, "init", b.dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	b.plays([]string{"flow", "test"}) // before there is a data folder
	b.do("status")
	for _, verb := range playingVerbs {
		b.plays(verb)
	}
}
