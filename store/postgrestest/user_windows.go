package postgrestest

import "os/exec"

func owner(string) (*struct{}, error) { return nil, nil }

func command(_ *struct{}, name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }
