package flows

import "embed"

// Defaults are the flow and the example broadcast that come with the program, promotions.yaml and
// broadcasts/, the conversations that test them, tests/, and the schemas that their first lines
// name for editors.
//
//go:embed promotions.yaml broadcasts/*.yaml tests/*.chat flow.schema.json broadcasts/broadcast.schema.json
var Defaults embed.FS
