package pump_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
)

// TestB7APromotionWaitsForItsFile: while a video is brought to WhatsApp, replies go out, and who
// stops meanwhile does not get the promotion afterwards.
func TestB7APromotionWaitsForItsFile(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana, bob)
	slow := make(chan struct{})
	var asked []bot.Media
	n.File = func(file bot.Media) <-chan struct{} {
		asked = append(asked, file)
		select {
		case <-slow:
			return nil
		default:
			return slow
		}
	}
	video := bot.Media{Kind: bot.MediaVideo, Name: "offer.mp4", MIME: "video/mp4", Hash: "hash"}
	o := n.ArmsFile("offer", &video)
	must(t, n.Pump.Tick(t.Context()))
	n.Sends()
	n.Writes(ana, "hello?")
	n.Sends()
	n.Wants(ana, "Somebody will read it.")
	n.Writes(bob, "2")
	n.Sends()
	n.Wants(bob, "no more promotions")
	if len(asked) != 1 || asked[0] != video {
		t.Errorf("it asked for %+v, want once for the video", asked)
	}

	close(slow)
	n.Pass(time.Second)
	n.Sends()
	got := n.Messages(ana)
	if len(got) != 1 || got[0].Media == nil || *got[0].Media != video {
		t.Errorf("ana got %+v, want the video", got)
	}
	n.Wants(bob)
	n.WantsDelivery(o, ana, bot.DeliverySent, "")
	n.WantsDelivery(o, bob, bot.DeliveryVoided, bot.SkippedUnsubscribed)
}

// TestB6AStopOfTheProgramLosesNoPromotion: whatever has been claimed when the program is told to
// end is recorded, so that it goes out, or is voided, after the next start. Without an outcome it
// would be unknown, and never sent again.
func TestB6AStopOfTheProgramLosesNoPromotion(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana)
	ctx, end := context.WithCancel(t.Context())
	slow := make(chan struct{})
	n.File = func(bot.Media) <-chan struct{} { end(); return slow }
	o := n.ArmsFile("offer", &bot.Media{Kind: bot.MediaVideo, Name: "offer.mp4", MIME: "video/mp4", Hash: "hash"})
	must(t, n.Pump.Tick(t.Context()))
	_, err := n.Pump.SendNext(ctx)
	must(t, err)
	unknown, err := n.Store.Recover(t.Context(), pumptest.Name, n.Now(), n.Envs)
	must(t, err)
	if unknown != 0 {
		t.Errorf("%d deliveries are unknown after a stop of the program", unknown)
	}
	close(slow)
	n.File = nil
	n.Pass(time.Minute)
	n.Sends()
	n.WantsDelivery(o, ana, bot.DeliverySent, "")
}

// TestAFileThatFailsAtOnceIsNotAskedForAtOnce: between two tries the pump rests, also where the
// transport does not.
func TestAFileThatFailsAtOnceIsNotAskedForAtOnce(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana)
	failed, asked := make(chan struct{}), 0
	close(failed)
	n.File = func(bot.Media) <-chan struct{} { asked++; return failed }
	n.ArmsFile("offer", &bot.Media{Kind: bot.MediaVideo, Name: "offer.mp4", MIME: "video/mp4", Hash: "hash"})
	must(t, n.Pump.Tick(t.Context()))
	for range 5 {
		_, err := n.Pump.SendNext(t.Context())
		must(t, err)
	}
	if asked != 1 {
		t.Errorf("it asked %d times at one moment", asked)
	}
	n.Pass(time.Minute)
	_, err := n.Pump.SendNext(t.Context())
	must(t, err)
	if asked != 2 {
		t.Errorf("a minute later it has asked %d times", asked)
	}
}

// TestADeliverySaysWhyItsFileIsNotThere: else it would look as if the file were on its way for hours.
func TestADeliverySaysWhyItsFileIsNotThere(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana)
	failed := make(chan struct{})
	close(failed)
	n.File = func(bot.Media) <-chan struct{} { return failed }
	o := n.ArmsFile("offer", &bot.Media{Kind: bot.MediaVideo, Name: "offer.mp4", MIME: "video/mp4", Hash: "hash"})
	must(t, n.Pump.Tick(t.Context()))
	for _, step := range []struct {
		failed error
		want   string
	}{
		{nil, "its file is being brought to WhatsApp"},
		{errors.New("the line is down"), "its file could not be brought to WhatsApp, which is tried again: the line is down"},
	} {
		n.FileFailed = step.failed
		_, err := n.Pump.SendNext(t.Context())
		must(t, err)
		n.WantsDelivery(o, ana, bot.DeliveryPlanned, "")
		d, err := n.Store.Delivery(t.Context(), o.ID, n.Contact(ana).ID)
		must(t, err)
		if d.Detail != step.want {
			t.Errorf("the delivery says %q, want %q", d.Detail, step.want)
		}
		n.Pass(time.Minute)
	}
}
