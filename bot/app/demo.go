package app

type DemoCmd struct{}

func (DemoCmd) Run(a *App) error { return nil }
