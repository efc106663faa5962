package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"optinbot/flows"
)

const (
	envPrefix = "OPTINBOT_"
	envTests  = envPrefix + "TEST_" // of the tests, left alone
	// OPTINBOT_KEY_FILE names a file that holds the value of OPTINBOT_KEY, as containers hand over
	// secrets
	fileOf = "_FILE"
)

// ofKubernetes are the variables that Kubernetes sets in every pod beside a service called
// optinbot: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var ofKubernetes = flows.Pattern(`^OPTINBOT_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// A setting is a key of the configuration as the environment can set it.
type setting struct {
	key   string // pace.every
	name  string // OPTINBOT_PACE_EVERY
	value reflect.Value
}

// settings are all keys of a configuration, and those of one number more than it has.
func (c *Config) settings() []setting {
	return settingsIn("", reflect.ValueOf(c).Elem())
}

func settingsIn(prefix string, group reflect.Value) (out []setting) {
	for i := range group.NumField() {
		field, value := group.Type().Field(i), group.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		key := prefix + tag
		switch {
		case tag == "":
		case value.Kind() == reflect.Struct:
			out = append(out, settingsIn(key+".", value)...)
		case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
			for j := range value.Len() {
				out = append(out, settingsIn(fmt.Sprintf("%s.%d.", key, j), value.Index(j))...)
			}
		default:
			out = append(out, setting{key, envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_")), value})
		}
	}
	return out
}

// readEnvironment takes every setting that the environment has. It returns the names of the
// variables that look like settings and are none, each with what may be meant.
func (c *Config) readEnvironment(environ map[string]string) (unknown []string, err error) {
	c.growNumbers(environ)
	known := map[string]bool{}
	var names []string
	var wrong []error
	for _, s := range c.settings() {
		known[s.name], known[s.name+fileOf] = true, true
		names = append(names, strings.ToLower(strings.TrimPrefix(s.name, envPrefix)))
		text, from, err := environValue(environ, s.name)
		if err == nil && text != "" {
			err = setFrom(s.value, text)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", from, err))
		}
	}
	known[storePassword], known[storePassword+fileOf] = true, true
	password, from, err := environValue(environ, storePassword)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("%s: %w", from, err))
	}
	c.storePassword = password
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		if !strings.HasPrefix(name, envPrefix) || known[name] || strings.HasPrefix(name, envTests) ||
			ofKubernetes().MatchString(name) {
			continue
		}
		like := flows.Nearest(strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(name, envPrefix), fileOf)), names)
		if like != "" {
			like = ", did you mean " + envPrefix + strings.ToUpper(like) + "?"
		}
		unknown = append(unknown, name+like)
	}
	return unknown, errors.Join(wrong...)
}

// growNumbers makes room for one number more, where the environment describes it.
func (c *Config) growNumbers(environ map[string]string) {
	grown := *c
	grown.Numbers = append(slices.Clone(c.Numbers), Number{})
	last := fmt.Sprintf("%sNUMBERS_%d_", envPrefix, len(c.Numbers))
	for _, s := range grown.settings() {
		if text, _, _ := environValue(environ, s.name); text != "" && strings.HasPrefix(s.name, last) {
			c.Numbers = grown.Numbers
			c.growNumbers(environ)
			return
		}
	}
}

// environValue is the value of a variable, or what is in the file that the variable with _FILE
// names. "" where neither is set.
func environValue(environ map[string]string, name string) (text, from string, err error) {
	file := environ[name+fileOf]
	if file == "" {
		return environ[name], name, nil
	}
	content, err := os.ReadFile(file)
	return strings.TrimSpace(string(content)), name + fileOf, err
}

// setFrom reads a text into a setting. Its errors are for whoever wrote the text.
func setFrom(value reflect.Value, text string) error {
	if value.Kind() == reflect.Slice {
		list := reflect.MakeSlice(value.Type(), 0, 0)
		for _, part := range strings.Split(text, ",") {
			one := reflect.New(value.Type().Elem()).Elem()
			if err := setFrom(one, strings.TrimSpace(part)); err != nil {
				return err
			}
			list = reflect.Append(list, one)
		}
		value.Set(list)
		return nil
	}
	if own, ok := value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return own.UnmarshalText([]byte(text))
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q does not belong here; it has to be true or false", text)
		}
		value.SetBool(yes)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q does not belong here; it has to be a whole number", text)
		}
		value.SetInt(int64(n))
	default:
		return fmt.Errorf("nobody knows how to set a %s", value.Type())
	}
	return nil
}

// Unknown says which variables of the environment look like settings and count for nothing. ""
// where there are none. Their values are not shown: they may be secrets.
func (c *Config) Unknown() string {
	if len(c.unknown) == 0 {
		return ""
	}
	return fmt.Sprintf("the environment: %s not a setting and counts for nothing: %s",
		map[bool]string{true: "this variable is", false: "each of these variables is"}[len(c.unknown) == 1], strings.Join(c.unknown, "; "))
}
