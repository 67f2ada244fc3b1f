//go:build !linux

package snapshot

// largePages asks for nothing where there is nobody to ask.
func largePages([]byte) {}
