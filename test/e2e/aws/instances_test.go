package aws

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// instance is an execution environment of a function that nothing else is sent to: that of
// a version of its own. Here as on AWS it shares nothing with those behind the API but
// tables, buckets and the role.
type instance struct {
	stack    *stack
	function string
	version  string
	log      string // what its calls logged
}

// another publishes a version of a function; its first call starts a process. Since nothing
// is published where nothing has changed, the function is given a new description, which
// starts those behind the API anew as well.
func (s *stack) another(t *testing.T, function string) *instance {
	t.Helper()
	name := sdk.String(s.name + "-" + function)
	s.configure(t, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Description: sdk.String(fmt.Sprint("As of ", time.Now().UnixNano()))})
	made, err := lambda.NewFromConfig(s.account).PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name})
	if err != nil {
		t.Fatalf("publishing a version of %s: %v", function, err)
	}
	return &instance{stack: s, function: function, version: sdk.ToString(made.Version)}
}

func (s *stack) configure(t *testing.T, change *lambda.UpdateFunctionConfigurationInput) {
	t.Helper()
	if _, err := lambda.NewFromConfig(s.account).UpdateFunctionConfiguration(t.Context(), change); err != nil {
		t.Fatalf("configuring %s: %v", *change.FunctionName, err)
	}
}

// invoke runs the instance and gives its answer, with the kind of its failure if it failed.
func (i *instance) invoke(t *testing.T, payload []byte) (out []byte, failure string) {
	t.Helper()
	got, err := lambda.NewFromConfig(i.stack.account).Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: sdk.String(i.stack.name + "-" + i.function), Qualifier: sdk.String(i.version), Payload: payload, LogType: types.LogTypeTail,
	})
	if err != nil {
		t.Fatalf("invoking version %s of %s: %v", i.version, i.function, err)
	}
	log, err := base64.StdEncoding.DecodeString(sdk.ToString(got.LogResult))
	if err != nil {
		t.Fatal(err)
	}
	i.log += string(log)
	return got.Payload, sdk.ToString(got.FunctionError)
}

// get asks the instance as the gateway would, for the portal's user.
func (i *instance) get(t *testing.T, path string) []byte {
	t.Helper()
	out, failure := i.invoke(t, eventOf(t, path, []string{"Bearer " + i.stack.portal.token}))
	var a struct {
		StatusCode      int
		Body            string
		IsBase64Encoded bool
	}
	if err := json.Unmarshal(out, &a); err != nil || failure != "" || a.StatusCode != http.StatusOK {
		t.Fatalf("%s of another %s: %s %v in %.500s", path, i.function, failure, err, out)
	}
	if !a.IsBase64Encoded {
		return []byte(a.Body)
	}
	body, err := base64.StdEncoding.DecodeString(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
