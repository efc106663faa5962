package flows

import "embed"

// Defaults are the flow and the example broadcast that come with the program: promotions.yaml and broadcasts/.
//
//go:embed promotions.yaml broadcasts/*.yaml
var Defaults embed.FS
