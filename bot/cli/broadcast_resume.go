package cli

import "context"

// BroadcastResumeCmd is `broadcast resume`.
type BroadcastResumeCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastResumeCmd) Example() string { return "optinbot broadcast resume weekend-offer" }

// Run resumes what is paused. It asks first where that would send what is late.
func (c BroadcastResumeCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	offer, err := d.OfferResume(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	for _, why := range offer.Reminds {
		a.page().say("%s", why)
	}
	if err := a.ask(ctx, c.Confirmed, offer.Questions); err != nil {
		return err
	}
	change, err := d.ResumeBroadcast(ctx, n.Name, c.Name, offer.Late)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "resumed", change)
	return nil
}
