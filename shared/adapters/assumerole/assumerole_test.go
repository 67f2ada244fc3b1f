package assumerole_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// tokens is a token service that notes what it is asked.
type tokens struct {
	clock   *clock.Manual
	refuses string // error code
	asked   []url.Values
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.asked = append(s.asked, form)
	if s.refuses != "" {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>", s.refuses)
		return
	}
	_, _ = fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>AK%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		len(s.asked), s.clock.Now().Add(15*time.Minute).UTC().Format(time.RFC3339))
}

func roles(t *testing.T) (*assumerole.Roles, *tokens) {
	t.Helper()
	s := &tokens{clock: &clock.Manual{}}
	s.clock.Advance(1000 * time.Hour)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	r, err := assumerole.New(assumerole.Config{ExternalID: "slipway-x", Clock: s.clock, AWS: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

func purpose() assumerole.Purpose {
	return assumerole.Purpose{Role: "arn:aws:iam::111111111111:role/r", Actor: "user:default/ann", Operation: "op-1", Policy: `{"Statement":[]}`}
}

func TestARoleIsAssumedInSomebodysName(t *testing.T) {
	t.Parallel()
	r, s := roles(t)
	got, err := r.For(t.Context(), purpose())
	if err != nil || got.AccessKeyID != "AK1" || got.SecretAccessKey != "s" || got.SessionToken != "t" || !got.CanExpire {
		t.Fatalf("%v", err)
	}
	want := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::111111111111:role/r"}, "RoleSessionName": {"slipway-op-1"},
		"SourceIdentity": {"user.default.ann"}, "DurationSeconds": {"900"}, "ExternalId": {"slipway-x"}, "Policy": {`{"Statement":[]}`},
		"Tags.member.1.Key": {"slipway:operation"}, "Tags.member.1.Value": {"op-1"}, "Tags.member.2.Key": {"slipway:actor"}, "Tags.member.2.Value": {"user:default/ann"},
	}
	if diff := cmp.Diff(want, s.asked[0]); diff != "" {
		t.Error(diff)
	}
}

func TestCredentialsAreUsedWhileTheyLastAndForNothingElse(t *testing.T) {
	t.Parallel()
	r, s := roles(t)
	use := func(change func(*assumerole.Purpose)) string {
		p := purpose()
		change(&p)
		got, err := r.For(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return got.AccessKeyID
	}
	same := func(*assumerole.Purpose) {}
	if first, second := use(same), use(same); first != "AK1" || second != "AK1" {
		t.Error("credentials are not kept")
	}
	for i, change := range []func(*assumerole.Purpose){
		func(p *assumerole.Purpose) { p.Actor = "user:default/eve" },
		func(p *assumerole.Purpose) { p.Operation = "op-2" },
		func(p *assumerole.Purpose) { p.Policy = "{}" },
		func(p *assumerole.Purpose) { p.Role = "arn:aws:iam::222222222222:role/r" },
	} {
		if got := use(change); got != fmt.Sprintf("AK%d", i+2) {
			t.Errorf("purpose %d is served with %s", i, got)
		}
	}
	s.clock.Advance(14 * time.Minute)
	if use(same) != "AK6" {
		t.Error("credentials are used to their end")
	}
}

func TestARefusal(t *testing.T) {
	t.Parallel()
	r, s := roles(t)
	s.refuses = "AccessDenied"
	_, err := r.For(t.Context(), purpose())
	if !errors.Is(err, errs.Forbidden) || !strings.Contains(errs.Message(err), "arn:aws:iam::111111111111:role/r can't be assumed") {
		t.Error(err)
	}
}

func TestNamesThatAWSDoesNotTake(t *testing.T) {
	t.Parallel()
	r, s := roles(t)
	p := purpose()
	p.Actor = "user:dëfault/" + strings.Repeat("ann ", 100) + "\n&x"
	p.Operation = strings.Repeat("o", 100)
	if _, err := r.For(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	form := s.asked[0]
	if got := form.Get("SourceIdentity"); len(got) != 64 || !strings.HasPrefix(got, "user.d.fault.ann.ann.") {
		t.Errorf("source identity %q", got)
	}
	if got := form.Get("RoleSessionName"); got != "slipway-"+strings.Repeat("o", 56) {
		t.Errorf("session %q", got)
	}
	if got := form.Get("Tags.member.2.Value"); len([]rune(got)) != 256 || strings.Contains(got, "\n") {
		t.Errorf("tag %q", got)
	}
}
