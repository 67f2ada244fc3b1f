package gitlab_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/scm/scmtest"
)

// faulty makes the embedded GitLab fail as the contract asks.
type faulty struct {
	*faults.Injector
	requests atomic.Pointer[atomic.Int32]
}

var _ scmtest.Faults = (*faulty)(nil)

// Inject implements scmtest.Faults.
func (f *faulty) Inject(fault scmtest.Fault) {
	count := &atomic.Int32{}
	f.requests.Store(count)
	effect := effectOf(fault)
	f.Set(func(r *http.Request) faults.Fault {
		if r.Method != fault.Method || !strings.HasSuffix(r.URL.Path, fault.Suffix) {
			return faults.None()
		}
		n := int(count.Add(1)) - fault.Skip
		if n <= 0 || (fault.Times > 0 && n > fault.Times) {
			return faults.None()
		}
		return effect
	})
}

// Requests implements scmtest.Faults.
func (f *faulty) Requests() int { return int(f.requests.Load().Load()) }

func effectOf(f scmtest.Fault) faults.Fault {
	switch f.Kind {
	case scmtest.LostAnswer:
		return faults.AnswerLost()
	case scmtest.FailedAfter:
		return faults.EffectThen(http.StatusBadGateway)
	case scmtest.FailedBefore:
		return faults.Refused(http.StatusInternalServerError)
	case scmtest.Throttled:
		return faults.Throttled(time.Now(), f.Wait)
	case scmtest.Limited:
		return faults.Limited()
	case scmtest.Truncated:
		return faults.Truncated()
	case scmtest.Hanging:
		return faults.Hanging()
	default:
		panic("unknown kind of fault")
	}
}
