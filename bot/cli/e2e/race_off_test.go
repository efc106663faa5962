//go:build !race

package e2e

// raceDetector makes long tests shorter.
const raceDetector = false
