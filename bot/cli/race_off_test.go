//go:build !race

package cli

// raceDetector makes long tests shorter.
const raceDetector = false
