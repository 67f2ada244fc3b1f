package localbus

import (
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
)

func TestRetryPauseGrows(t *testing.T) {
	t.Parallel()
	want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
	for n := range bus.MaxDeliveries {
		if got := retryPause(defaultFirstRetry, n+1); got != want[n] {
			t.Errorf("behind delivery %d comes %v, want %v", n+1, got, want[n])
		}
	}
	if got := retryPause(20*time.Second, 4); got != longestRetry {
		t.Errorf("a long pause is %v", got)
	}
}
