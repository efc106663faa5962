package cli

import "testing"

// played are the beginnings of the names of the conversations' files: the promise they are about, or a section of the product's
// decisions.
var played = []string{"c1", "c2", "c3", "c4", "c5", "c7", "c8", "t1", "t2", "t3", "t4", "t5", "b1", "b2", "b3", "b4", "b5", "b7", "who", "language", "k1", "k3"}

func TestC1OnlyTheyCanSayYes(t *testing.T)         { t.Parallel(); playAll(t, "c1") }
func TestC2StopAlwaysWorks(t *testing.T)           { t.Parallel(); playAll(t, "c2") }
func TestC3ForgivingOutStrictIn(t *testing.T)      { t.Parallel(); playAll(t, "c3") }
func TestC4AtMostOneGoodbye(t *testing.T)          { t.Parallel(); playAll(t, "c4") }
func TestC5WritingAgainIsNotOptingIn(t *testing.T) { t.Parallel(); playAll(t, "c5") }
func TestC7OnePersonOneContact(t *testing.T)       { t.Parallel(); playAll(t, "c7") }
func TestC8OffChannelStop(t *testing.T)            { t.Parallel(); playAll(t, "c8") }
func TestT1OneMessageOneTurn(t *testing.T)         { t.Parallel(); onBothWires(t, "t1") }
func TestT2NobodyGetsStuck(t *testing.T)           { t.Parallel(); playAll(t, "t2") }
func TestT3WhateverTheySend(t *testing.T)          { t.Parallel(); playAll(t, "t3") }
func TestT4AHumanCanTakeOver(t *testing.T)         { t.Parallel(); playAll(t, "t4") }

// TestT5AnswersCannotBeStops: the other half, that no file can make an answer of a stop, is in package flows under this name.
func TestT5AnswersCannotBeStops(t *testing.T)           { t.Parallel(); playAll(t, "t5") }
func TestB1SubscribedAtTheMomentOfSending(t *testing.T) { t.Parallel(); onBothWires(t, "b1") }
func TestB2TheWayOutIsInEveryOne(t *testing.T)          { t.Parallel(); playAll(t, "b2") }
func TestB3PersonalTruthfully(t *testing.T)             { t.Parallel(); playAll(t, "b3") }
func TestB4TheirHours(t *testing.T)                     { t.Parallel(); playAll(t, "b4") }
func TestB5TheNumbersHealthFirst(t *testing.T)          { t.Parallel(); playAll(t, "b5") }
func TestB7NothingStaleFiresByItself(t *testing.T)      { t.Parallel(); onBothWires(t, "b7") }
func TestWhoHearsWhat(t *testing.T)                     { t.Parallel(); playAll(t, "who") }
func TestK1ReplyButtons(t *testing.T)                   { t.Parallel(); playAll(t, "k1") }
func TestK1WhatOnlyTheShopCanEnd(t *testing.T)          { t.Parallel(); onBothWires(t, "k1-refused") }
func TestK3OnlyApprovedWords(t *testing.T)              { t.Parallel(); playAll(t, "k3") }
func TestLanguageOfAContact(t *testing.T)               { t.Parallel(); playAll(t, "language") }
