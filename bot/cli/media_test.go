package cli

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/flows"
)

// onePicture is a JPEG of so many points in a row.
func onePicture(t *testing.T, points int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, points, 1)), nil))
	return b.Bytes()
}

// TestO5AnArmedFileGoesOn: a file that is not what its name says was accepted by earlier programs. Where it is armed it goes on; an edit of
// the draft, or another such file, is refused.
func TestO5AnArmedFileGoesOn(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("+1s"))
	folder := filepath.Join(s.Config.Path(s.Config.Flows), "broadcasts")
	draft, page := "media: {image: offer.jpg}\ntext: {en: Hi!, pt: Oi!, es: Hola}\n", []byte("<html>not found</html>")
	must(t, os.WriteFile(filepath.Join(folder, "picture.yaml"), []byte(draft), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), page, 0o600))
	a := testAppAt(s, &bytes.Buffer{})
	if _, err := a.files().Draft(t.Context(), "picture", s.Machine("main").Flow); err == nil || !strings.Contains(err.Error(), "it is a web page") {
		t.Fatalf("a new draft with a web page for a picture: %v", err)
	}
	version := flows.Version(append([]byte(draft), page...))
	o, err := s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "picture", Key: "k", DueAt: s.World.Now(), Content: draft, Version: version})
	must(t, err)
	b, err := a.files().Draft(t.Context(), "picture", s.Machine("main").Flow)
	must(t, err)
	if b.Version != version || len(b.Warnings) != 1 {
		t.Errorf("version %s, warnings %v", b.Version, b.Warnings)
	}
	s.Config.Data = a.config.Data // where what is armed is looked up
	if s.Edited(t.Context(), o) {
		t.Error("what is armed counts as edited")
	}
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), append(page, '\n'), 0o600))
	if _, err := a.files().Draft(t.Context(), "picture", s.Machine("main").Flow); err == nil {
		t.Error("another web page is taken")
	}
}

// TestB7AnotherPictureDisarms: the file is part of what was armed. What goes out is the copy, and a draft whose file was changed since is edited.
func TestB7AnotherPictureDisarms(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("+1s"))
	folder := filepath.Join(s.Config.Path(s.Config.Flows), "broadcasts")
	draft := "media: {image: offer.jpg}\ntext: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"
	must(t, os.WriteFile(filepath.Join(folder, "picture.yaml"), []byte(draft), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), onePicture(t, 1), 0o600))
	b, err := s.Files.Draft(t.Context(), "picture", s.Machine("main").Flow)
	must(t, err)
	media, err := s.KeepMedia(t.Context(), b)
	must(t, err)
	o, err := s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "picture", Key: "k", DueAt: s.World.Now(), Content: draft, Media: media, Version: b.Version})
	must(t, err)
	if s.Edited(t.Context(), o) {
		t.Error("nothing was edited")
	}
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), onePicture(t, 2), 0o600))
	if !s.Edited(t.Context(), o) {
		t.Error("another picture, and nothing was edited")
	}
	armed, err := s.Store.Occurrences(s.Ctx, "main", "picture")
	must(t, err)
	content, err := s.Store.Media(s.Ctx, armed[0].Media.Hash)
	must(t, err)
	if !bytes.Equal(content, onePicture(t, 1)) || armed[0].Media.MIME != "image/jpeg" {
		t.Errorf("kept %q as %+v", content, armed[0].Media)
	}
}
