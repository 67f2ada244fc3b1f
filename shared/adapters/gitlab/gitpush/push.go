package gitpush

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Remote is a repository to push to.
type Remote struct {
	HTTP           *http.Client
	URL            string // "https://gitlab.example.com/apps/orders.git"
	User, Password string // for basic authentication
}

// Refused is an HTTP answer without success, of which only somebody who knows the host can
// say what it means.
type Refused struct {
	Status int
	Header http.Header
	Text   string // the beginning of the body, raw
}

// Error names the status.
func (r *Refused) Error() string { return fmt.Sprintf("the answer is %d: %.300q", r.Status, r.Text) }

// Advertised asks what the repository holds. It changes nothing and may be repeated.
func (r Remote) Advertised(ctx context.Context) (Advertised, error) {
	resp, err := r.send(ctx, http.MethodGet, "/info/refs?service="+service, http.NoBody)
	if err != nil {
		return Advertised{}, err
	}
	defer resp.Body.Close()
	if err := expect(resp, "advertisement"); err != nil {
		return Advertised{}, err
	}
	a, err := readAdvertised(bufio.NewReader(resp.Body))
	if err != nil {
		return a, errs.Wrap(errs.Unavailable, "the repository gave no usable answer", err)
	}
	if format := a.format(); format != "sha1" {
		return a, errs.New(errs.Invalid, fmt.Sprintf("the repository names its objects by %.20q, which Slipway does not know", format))
	}
	if !a.can("report-status") {
		return a, errs.New(errs.Invalid, "the repository's server does not report what becomes of a push")
	}
	return a, nil
}

// Push creates a branch at the pack's commit, or moves one there that is at the commit
// below. A *Rejected or *Refused says that nothing
// happened; every other error is Unavailable, and the branch may be there.
func (r Remote) Push(ctx context.Context, a Advertised, branch string, move bool, p *Pack) error {
	ref := "refs/heads/" + branch
	if strings.ContainsAny(branch, "\x00\n ") {
		return errs.New(errs.Invalid, "the name of the branch is not valid")
	}
	wanted, sideBand := "report-status agent=slipway", a.can("side-band-64k")
	if sideBand {
		wanted += " side-band-64k"
	}
	from := objectID{} // none
	if move {
		from = p.parent
	}
	command := pktLine(fmt.Sprintf("%s %s %s\x00 %s", from, p.commit, ref, wanted)) + flush
	body := stream(command, p)
	defer body.stop()
	resp, err := r.send(ctx, http.MethodPost, "/"+service, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := expect(resp, "result"); err != nil {
		return err
	}
	err = readReport(resp.Body, sideBand, ref)
	var rejected *Rejected
	if err != nil && !errors.As(err, &rejected) {
		return errs.Wrap(errs.Unavailable, "the server's report of the push is not readable", err)
	}
	return err
}

func (r Remote) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, body)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "the repository's URL is not valid", err)
	}
	req.SetBasicAuth(r.User, r.Password)
	req.Header.Set("User-Agent", "slipway")
	req.Header.Set("Cache-Control", "no-cache")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-"+service+"-request")
		req.Header.Set("Accept", "application/x-"+service+"-result")
	}
	resp, err := r.HTTP.Do(req)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the repository can't be reached", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxSaid)) // what there is of it
		return nil, &Refused{Status: resp.StatusCode, Header: resp.Header, Text: string(text)}
	}
	return resp, nil
}

// expect checks that an answer is git's and not a proxy's.
func expect(resp *http.Response, what string) error {
	if got, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); got != "application/x-"+service+"-"+what {
		return errs.New(errs.Unavailable, fmt.Sprintf("the answer is of type %.60q, which is not git's", got))
	}
	return nil
}

// streamed is a request's body that is made while it is sent.
type streamed struct {
	*io.PipeReader
	ended chan struct{}
}

func stream(command string, p *Pack) streamed {
	r, w := io.Pipe()
	s := streamed{r, make(chan struct{})}
	go func() {
		defer close(s.ended)
		_, err := io.WriteString(w, command)
		if err == nil {
			_, err = p.WriteTo(w)
		}
		w.CloseWithError(err) // nil ends the body
	}()
	return s
}

// stop ends the making, also of a body that nobody reads on, and waits for that: the
// files are the caller's again.
func (s streamed) stop() {
	_ = s.PipeReader.Close()
	<-s.ended
}
