package bot

// PromotionRefused is the notice of a promotion that WhatsApp refused for a reason which only the shop
// can end. told is false for every other cause: nobody has to do anything, or another notice says so.
// The text is the same for everybody, so that the operator can be told once a day.
func PromotionRefused(cause Cause) (notice Notify, told bool) {
	text := ""
	switch cause {
	case CauseBlocked:
		text = "WhatsApp refused a promotion to this contact, because your number has blocked them. They get nothing until " +
			"somebody unblocks them where they were blocked. Nobody else waits"
	case CauseOwnPhone:
		text = "WhatsApp refused a promotion to this contact, because it is the number's own phone, and a number cannot " +
			"write to itself. To take it off the list: optinbot contacts erase PHONE"
	case CauseTestList:
		text = "WhatsApp refused a promotion to this contact: a number for tests may write only to the phones on its list, " +
			"and theirs is not on it. Add their phone at Meta (App Dashboard, WhatsApp, API Setup), or use a number " +
			"of your own. Others are refused in the same way"
	}
	return Notify{Kind: NoticePromotionRefused, Text: text}, text != ""
}
