package pump_test

import (
	"testing"
	"time"

	"optinbot/bot"
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
