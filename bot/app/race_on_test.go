//go:build race

package app

// raceDetector makes long tests shorter.
const raceDetector = true
