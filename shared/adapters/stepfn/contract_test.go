package stepfn_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/uuid"

	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/workflow/workflowtest"
)

const region = "eu-central-1"

// TestWorkflowContract deploys the probe and its machines to what SLIPWAY_AWS_ENDPOINT
// points to, ministack for example, and holds the adapter to the contract there.
func TestWorkflowContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_AWS_ENDPOINT")
	if endpoint == "" {
		t.Skip("SKIPPED: SLIPWAY_AWS_ENDPOINT does not point to an AWS to try Step Functions on")
	}
	workflowtest.Run(t, func(t *testing.T) workflowtest.Harness {
		b := newBench(t, endpoint)
		b.deploy(t)
		machines, err1 := stepfn.New(stepfn.Config{Client: b.machines, MachineARN: b.arn})
		calls, err2 := answers.New(answers.Config{AWS: b.settings, Clock: clock.System{}})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		port := struct {
			*stepfn.Workflows
			*answers.Answers
		}{machines, calls}
		return workflowtest.Harness{Port: port, Poll: 100 * time.Millisecond, Patience: 60 * time.Second, Deviations: deviations(endpoint)}
	})
}

// bench is the account the contract is tried out in.
type bench struct {
	endpoint  string
	settings  aws.Config
	prefix    string // of everything that is made
	roles     *iam.Client
	functions *lambda.Client
	machines  *sfn.Client
	arns      map[string]string
}

func newBench(t *testing.T, endpoint string) *bench {
	t.Helper()
	settings := aws.Config{
		Region: region, BaseEndpoint: aws.String(endpoint), HTTPClient: &http.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	return &bench{
		endpoint: endpoint, settings: settings, prefix: "contract-" + uuid.NewString()[:8] + "-", arns: map[string]string{},
		roles: iam.NewFromConfig(settings), functions: lambda.NewFromConfig(settings), machines: sfn.NewFromConfig(settings),
	}
}

func (b *bench) arn(machine string) (string, bool) {
	arn, ok := b.arns[machine]
	return arn, ok
}

func (b *bench) deploy(t *testing.T) {
	t.Helper()
	role := b.createRole(t)
	function := b.createFunction(t, role, probeZip(t))
	definitions, err := workflowtest.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for name, definition := range definitions {
		filled := strings.NewReplacer("${Probe}", function, "${ProbeArn}", function).Replace(string(definition))
		made, err := b.machines.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
			Name: aws.String(b.prefix + name), RoleArn: aws.String(role), Definition: aws.String(filled),
		})
		if err != nil {
			t.Fatalf("creating the machine %s: %v", name, err)
		}
		b.arns[name] = aws.ToString(made.StateMachineArn)
		t.Cleanup(func() {
			if _, err := b.machines.DeleteStateMachine(context.Background(), &sfn.DeleteStateMachineInput{StateMachineArn: made.StateMachineArn}); err != nil {
				t.Error(err)
			}
		})
	}
}

func (b *bench) createRole(t *testing.T) string {
	t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	rights := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:InvokeFunction","states:StartExecution","states:DescribeExecution","states:SendTaskSuccess","states:SendTaskFailure"],"Resource":"*"}]}`
	name := aws.String(b.prefix + "role")
	made, err := b.roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	if err != nil {
		t.Fatalf("creating the role: %v", err)
	}
	t.Cleanup(func() {
		_, policy := b.roles.DeleteRolePolicy(context.Background(), &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: name})
		_, role := b.roles.DeleteRole(context.Background(), &iam.DeleteRoleInput{RoleName: name})
		if policy != nil || role != nil {
			t.Error(policy, role)
		}
	})
	_, err = b.roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: name, PolicyDocument: aws.String(rights)})
	if err != nil {
		t.Fatalf("giving the role its rights: %v", err)
	}
	return aws.ToString(made.Role.Arn)
}

func (b *bench) createFunction(t *testing.T, role string, code []byte) string {
	t.Helper()
	name := aws.String(b.prefix + "probe")
	account := strings.Split(role, ":")[4]
	made, err := b.functions.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: name, Role: aws.String(role), Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Architectures: []lambdatypes.Architecture{architecture()}, Timeout: aws.Int32(30), MemorySize: aws.Int32(256),
		Code: &lambdatypes.FunctionCode{ZipFile: code},
		Environment: &lambdatypes.Environment{Variables: map[string]string{
			"MACHINE_PREFIX":   "arn:aws:states:" + region + ":" + account + ":stateMachine:" + b.prefix,
			"AWS_ENDPOINT_URL": b.endpoint,
		}},
	})
	if err != nil {
		t.Fatalf("creating the function: %v", err)
	}
	t.Cleanup(func() {
		if _, err := b.functions.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
			t.Error(err)
		}
	})
	return aws.ToString(made.FunctionArn)
}

func architecture() lambdatypes.Architecture {
	if runtime.GOARCH == "arm64" {
		return lambdatypes.ArchitectureArm64
	}
	return lambdatypes.ArchitectureX8664
}

// probeZip builds the probe for this machine.
func probeZip(t *testing.T) []byte {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", binary,
		"github.com/slipwayhq/slipway/shared/workflow/workflowtest/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the probe: %v\n%s", err, said)
	}
	raw, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	f, err := w.CreateHeader(header)
	if err == nil {
		_, err = f.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// deviations says where the emulator, if it is one, is not like Step Functions.
func deviations(endpoint string) map[string]string {
	answer, err := http.Get(endpoint + "/_ministack/health") //nolint:gosec,noctx // the developer's own endpoint
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil
	}
	defer answer.Body.Close()
	if json.NewDecoder(answer.Body).Decode(&struct{}{}) != nil {
		return nil
	}
	const spent = "ministack takes a token again until the execution has moved on"
	return map[string]string{
		"Callbacks/Twice":            spent,
		"Races/Callbacks":            spent,
		"Callbacks/TaskFails":        "ministack goes on waiting for the token when the function fails",
		"Stop/Token":                 "ministack takes the token of an execution that was stopped",
		"States/Variables":           "ministack assigns no variables in JSONPath states",
		"Deadlines/HeartbeatTimeout": "ministack does not watch HeartbeatSeconds",
		"Deadlines/Execution":        "ministack does not watch a state machine's TimeoutSeconds",
	}
}
