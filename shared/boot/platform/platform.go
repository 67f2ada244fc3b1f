// Package platform makes what templates see of AWS in a function, from its settings. It owns
// the names of the settings: PLATFORM_ACCOUNT, the number of the account that Slipway runs
// in, and ASSUME_ROLE_EXTERNAL_ID, which the trust policies of the roles in other accounts
// may ask for. Both may be left out.
//
// What parameters are and who may read which is decided by actions and awsparams.
package platform

import (
	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/adapters/awsparams"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// New reads the settings.
func New(env boot.Env) (actions.AWS, error) {
	roles, err := assumerole.New(assumerole.Config{AWS: env.AWS, Clock: env.Clock, ExternalID: env.Settings.Optional("ASSUME_ROLE_EXTERNAL_ID", "")})
	if err != nil {
		return actions.AWS{}, err
	}
	parameters, err := awsparams.New(awsparams.Config{AWS: env.AWS, Roles: roles, Clock: env.Clock})
	if err != nil {
		return actions.AWS{}, err
	}
	return actions.AWS{Account: env.Settings.Optional("PLATFORM_ACCOUNT", ""), Region: env.AWS.Region, Parameters: parameters}, nil
}
