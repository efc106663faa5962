package cloudtest

import "net/http"

// A Code is one of the API's error codes, with the HTTP status it comes with when a request is
// refused at once.
type Code struct {
	Code  int
	HTTP  int
	Title string
}

// Codes are the errors that the server can give, as Meta's page of error codes has them. They come
// at once, or later in a status.
var Codes = []Code{
	{0, http.StatusUnauthorized, "AuthException"},
	{1, http.StatusInternalServerError, "API Unknown"},
	{2, http.StatusServiceUnavailable, "API Service"},
	{3, http.StatusForbidden, "API Method"},
	{4, http.StatusBadRequest, "API Too Many Calls"},
	{10, http.StatusForbidden, "Permission Denied"},
	{33, http.StatusBadRequest, "Parameter value is not valid"},
	{100, http.StatusBadRequest, "Invalid parameter"},
	{190, http.StatusUnauthorized, "Access token has expired"},
	{200, http.StatusForbidden, "API Permission"},
	{368, http.StatusForbidden, "Temporarily blocked for policies violations"},
	{80007, http.StatusBadRequest, "Rate limit issues"},
	{130403, http.StatusForbidden, "You have blocked this user"},
	{130429, http.StatusBadRequest, "Rate limit hit"},
	{130472, http.StatusBadRequest, "User's number is part of an experiment"},
	{130497, http.StatusForbidden, "Business account is restricted from messaging users in this country"},
	{131000, http.StatusInternalServerError, "Something went wrong"},
	{131005, http.StatusForbidden, "Access denied"},
	{131008, http.StatusBadRequest, "Required parameter is missing"},
	{131009, http.StatusBadRequest, "Parameter value is not valid"},
	{131016, http.StatusServiceUnavailable, "Service unavailable"},
	{131021, http.StatusBadRequest, "Recipient cannot be sender"},
	{131026, http.StatusBadRequest, "Message undeliverable"},
	{131030, http.StatusBadRequest, "Recipient phone number not in allowed list"},
	{131031, http.StatusForbidden, "Account has been locked"},
	{131037, http.StatusBadRequest, "Display name approval is needed"},
	{131042, http.StatusBadRequest, "Business eligibility payment issue"},
	{131045, http.StatusInternalServerError, "Incorrect certificate"},
	{131047, http.StatusBadRequest, "Re-engagement message"},
	{131048, http.StatusBadRequest, "Spam rate limit hit"},
	{131049, http.StatusBadRequest, "Meta chose not to deliver"},
	{131050, http.StatusBadRequest, "User has stopped marketing messages"},
	{131051, http.StatusBadRequest, "Unsupported message type"},
	{131052, http.StatusBadRequest, "Media download error"},
	{131053, http.StatusBadRequest, "Media upload error"},
	{131055, http.StatusBadRequest, "Method not allowed"},
	{131056, http.StatusBadRequest, "Pair rate limit hit"},
	{131057, http.StatusServiceUnavailable, "Account in maintenance mode"},
	{131062, http.StatusBadRequest, "Business-scoped user IDs are not supported for this message"},
	{131063, http.StatusBadRequest, "Template category is not allowed here"},
	{131064, http.StatusBadRequest, "Templates have been misclassified"},
	{132000, http.StatusBadRequest, "Template parameter count mismatch"},
	{132001, http.StatusNotFound, "Template does not exist"},
	{132005, http.StatusBadRequest, "Template hydrated text is too long"},
	{132007, http.StatusBadRequest, "Template format character policy violated"},
	{132012, http.StatusBadRequest, "Template parameter format mismatch"},
	{132015, http.StatusBadRequest, "Template is paused"},
	{132016, http.StatusBadRequest, "Template is disabled"},
	{132018, http.StatusBadRequest, "Template parameters are not valid"},
	{133004, http.StatusServiceUnavailable, "Server temporarily unavailable"},
	{133010, http.StatusBadRequest, "Phone number not registered"},
	{134101, http.StatusBadRequest, "Template is not synced yet"},
	{135000, http.StatusBadRequest, "Generic user error"},
	{137000, http.StatusBadRequest, "Recipient identity key has changed"},
}

func codeOf(code int) Code {
	for _, c := range Codes {
		if c.Code == code {
			return c
		}
	}
	return Code{code, http.StatusBadRequest, "Unknown error"}
}
