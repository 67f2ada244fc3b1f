package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// startLimit is how long a function may take from its start to any of its answers.
const startLimit = 20 * time.Second

var errEnded = errors.New("the function ended by itself")

// coldStart is what one process showed.
type coldStart struct {
	init  time.Duration // from the start of the process to its first request for an event
	first time.Duration // from the first event handed over to its answer
	warm  []time.Duration
}

// timeStart starts a binary, lets it answer one event and warm more, and stops it.
func timeStart(binary string, environment []string, event []byte, warm int) (coldStart, error) {
	api, err := serveRuntimeAPI(event)
	if err != nil {
		return coldStart{}, err
	}
	defer api.close()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()

	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(lambdaEnvironment(api.addr), environment...)
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return coldStart{}, fmt.Errorf("starting %s: %w", binary, err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(exited)
	}()

	result, err := converse(api, began, warm, exited)
	cancel()
	<-exited // only then is the output complete
	if err != nil {
		return coldStart{}, fmt.Errorf("%s: %w\n%.600s", binary, err, output.String())
	}
	return result, nil
}

// converse plays the invocations through and notes the times.
func converse(api *runtimeAPI, began time.Time, warm int, exited <-chan struct{}) (coldStart, error) {
	var result coldStart
	for n := range warm + 1 {
		select {
		case asked := <-api.next:
			if n == 0 {
				result.init = asked.Sub(began)
			}
		case err := <-api.fail:
			return result, err
		case <-exited:
			return result, ended(api)
		}
		api.send <- n
		select {
		case took := <-api.done:
			if n == 0 {
				result.first = took
			} else {
				result.warm = append(result.warm, took)
			}
		case err := <-api.fail:
			return result, err
		case <-exited:
			return result, ended(api)
		}
	}
	return result, nil
}

// ended says why a function is gone: what it reported last, if it did.
func ended(api *runtimeAPI) error {
	select {
	case err := <-api.fail:
		return err
	default:
		return errEnded
	}
}

// lambdaEnvironment is what Lambda sets for a custom runtime, as far as programs look.
func lambdaEnvironment(api string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=timed", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/timed", "AWS_LAMBDA_LOG_STREAM_NAME=timed",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=AKIDTIMED", "AWS_SECRET_ACCESS_KEY=timed", "AWS_SESSION_TOKEN=timed",
		"PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TZ=:UTC",
	}
}
