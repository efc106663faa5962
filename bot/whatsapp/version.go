package whatsapp

import (
	"runtime/debug"
	"strings"
	"time"
)

// The version of whatsmeow in go.mod, for binaries without build information. A test compares the
// two.
const (
	library       = "go.mau.fi/whatsmeow"
	pinnedLibrary = "v0.0.0-20260921121126-35ae40906e74"
)

// Version returns the version of the whatsmeow that is linked in, and its date. WhatsApp refuses
// old ones after a while.
func Version() (version string, date time.Time) {
	version = pinnedLibrary
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == library && dep.Replace == nil {
				version = dep.Version
			}
		}
	}
	return version, pseudoDate(version)
}

// pseudoDate reads the time in a pseudo-version. Zero where there is none.
func pseudoDate(version string) time.Time {
	parts := strings.Split(version, "-")
	if len(parts) < 3 {
		return time.Time{}
	}
	stamp := parts[len(parts)-2]
	date, err := time.Parse("20060102150405", stamp[strings.LastIndexByte(stamp, '.')+1:])
	if err != nil {
		return time.Time{}
	}
	return date
}
