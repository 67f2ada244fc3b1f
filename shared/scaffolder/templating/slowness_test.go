//go:build !race

package templating

// slowness is how much longer things take than without the race detector.
const slowness = 1
