package main

// What ingest may take.
const (
	ingestEntities = 10_000
	ingestLimit    = 8.0 // seconds for as many entities, from YAML to shown
)

// openLimit is what opening a snapshot may take.
type openLimit struct{ cpuMs, rssMiB float64 }

// openLimitOf gives the limit at a number of entities, and whether there is one.
func openLimitOf(entities int) (openLimit, bool) {
	switch entities {
	case 10_000:
		return openLimit{10, 40}, true
	case 100_000:
		return openLimit{65, 160}, true
	}
	return openLimit{}, false
}
