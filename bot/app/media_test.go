package app

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"optinbot/bot"
)

// TestB7AnotherPictureDisarms: the file is part of what was armed. What goes out is the copy, and a draft whose file was changed since is edited.
func TestB7AnotherPictureDisarms(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{}, false)
	must(t, s.do("+1s"))
	folder := filepath.Join(s.app.config.path(s.app.config.Flows), "broadcasts")
	draft := "media: {image: offer.jpg}\ntext: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"
	must(t, os.WriteFile(filepath.Join(folder, "picture.yaml"), []byte(draft), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), []byte("one"), 0o600))
	b, err := s.app.draft("picture", s.machine("main").Flow)
	must(t, err)
	media, err := s.keepMedia(b)
	must(t, err)
	o, err := s.store.Arm(s.ctx, bot.Occurrence{Number: "main", Broadcast: "picture", Key: "k", DueAt: s.world.Now(), Content: draft, Media: media, Version: b.Version})
	must(t, err)
	run := &served{house: s.house, number: s.numbers["main"]}
	if run.edited(o) {
		t.Error("nothing was edited")
	}
	must(t, os.WriteFile(filepath.Join(folder, "offer.jpg"), []byte("two"), 0o600))
	if !run.edited(o) {
		t.Error("another picture, and nothing was edited")
	}
	armed, err := s.store.Occurrences(s.ctx, "main", "picture")
	must(t, err)
	content, err := s.store.Media(s.ctx, armed[0].Media.Hash)
	must(t, err)
	if !bytes.Equal(content, []byte("one")) || armed[0].Media.MIME != "image/jpeg" {
		t.Errorf("kept %q as %+v", content, armed[0].Media)
	}
}
