package pump_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
	"optinbot/store"
	"optinbot/store/storetest"
)

// TestC2AStopThatAnotherProcessRecorded: between the claim and the send another process records a stop.
// This one has not heard of it, asks the database, and sends nothing.
func TestC2AStopThatAnotherProcessRecorded(t *testing.T) {
	const ana = "+5511900000001"
	var n *pumptest.Number
	var happens func()
	n = pumptest.New(t, pumptest.Flow, func(c *pump.Config) {
		c.Stopped = func(ctx context.Context, contact int64) (bool, error) {
			happens()
			return n.Store.HasStopped(ctx, contact)
		}
	})
	other, err := store.Open(t.Context(), n.Folder, storetest.In(t, n.Folder))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	n.Writes(ana, "I want promotions")
	n.Sends()
	asked := 0
	happens = func() { asked++ }
	first := planned(t, n, "first")
	n.Sends()
	n.WantsDelivery(first, ana, bot.DeliverySent, "")
	happens = func() {
		if _, err := other.OptOutPhone(t.Context(), pumptest.Name, ana, "told us at the till", n.Envs); err != nil {
			t.Error(err)
		}
	}
	n.Pass(30 * 24 * time.Hour)
	second := planned(t, n, "second")
	n.Sends()
	n.WantsDelivery(second, ana, bot.DeliveryVoided, bot.SkippedUnsubscribed)
	if asked != 1 {
		t.Errorf("the store was asked %d times about one promotion", asked)
	}
}

// TestB6ADatabaseThatDoesNotAnswer: a promotion waits where nobody can say whether the person has stopped.
// It goes out later, once. Where another process has the number this one records nothing.
func TestB6ADatabaseThatDoesNotAnswer(t *testing.T) {
	const ana = "+5511900000001"
	var says error
	n := pumptest.New(t, pumptest.Flow, func(c *pump.Config) {
		c.Stopped = func(context.Context, int64) (bool, error) { return false, says }
	})
	n.Writes(ana, "I want promotions")
	n.Sends()
	o := planned(t, n, "sale")
	says = errors.New("the line is dead")
	n.Sends()
	n.WantsDelivery(o, ana, bot.DeliveryPlanned, "")
	says = nil
	n.Pass(time.Hour)
	n.Sends()
	n.WantsDelivery(o, ana, bot.DeliverySent, "")

	n.Pass(30 * 24 * time.Hour)
	o = planned(t, n, "another")
	says = bot.ErrNotOwner
	if _, err := n.Pump.SendNext(t.Context()); !errors.Is(err, bot.ErrNotOwner) {
		t.Errorf("it says %v", err)
	}
	n.WantsDelivery(o, ana, bot.DeliveryClaimed, "")
}

// planned is a broadcast whose deliveries are there.
func planned(t *testing.T, n *pumptest.Number, name string) bot.Occurrence {
	t.Helper()
	o := n.Arms(name)
	if err := n.Pump.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}
