package app

import "testing"

// played are the beginnings of the names of the conversations' files: the promise they are about.
var played = []string{"c1", "c2", "c3", "c4", "c5", "c8"}

func TestC1OnlyTheyCanSayYes(t *testing.T)         { t.Parallel(); play(t, "c1") }
func TestC2StopAlwaysWorks(t *testing.T)           { t.Parallel(); play(t, "c2") }
func TestC3ForgivingOutStrictIn(t *testing.T)      { t.Parallel(); play(t, "c3") }
func TestC4AtMostOneGoodbye(t *testing.T)          { t.Parallel(); play(t, "c4") }
func TestC5WritingAgainIsNotOptingIn(t *testing.T) { t.Parallel(); play(t, "c5") }
func TestC8OffChannelStop(t *testing.T)            { t.Parallel(); play(t, "c8") }
