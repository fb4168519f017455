"""The codes of problems, by status. They are for programs, and stay as they are.

Rooms refuse with them where the rule stands; here they are listed for the OpenAPI document.
"""

PROBLEM_CODES: dict[int, str] = {
    400: "bad_host bad_request invalid_form invalid_header invalid_json too_deep",
    401: (
        "expired_token identity_unknown init_data_too_old init_data_used invalid_init_data "
        "invalid_proof invalid_token metrics_closed otp_required session_ended telegram_unknown "
        "token_malformed token_reused token_revoked token_used token_void unauthenticated "
        "wrong_credentials wrong_identity wrong_otp wrong_passkey"
    ),
    403: (
        "account_disabled confirmation_needed denied form_too_old google_refused "
        "invitation_needed may_not_act may_not_act_for may_not_ask metrics_closed no_session "
        "origin_not_allowed other_site proof_required registration_closed wrong_secret"
    ),
    404: (
        "access_token_not_found account_not_found break_not_found change_not_found "
        "calendar_not_found consent_not_found delivery_not_found entry_not_found "
        "erasure_not_found export_not_found feed_not_found google_not_linked "
        "habit_not_found hook_not_found hook_unknown identity_not_found import_not_found "
        "integration_not_found "
        "invitation_not_found link_unknown no_asyncapi no_such_page no_webhook "
        "passkey_not_found prompt_not_found reminder_not_found run_not_found section_not_found "
        "session_not_found template_not_found user_not_found version_not_found"
    ),
    405: "method_not_allowed",
    406: "parquet_missing",
    408: "too_slow",
    409: (
        "integrations_off too_many_integrations "
        "answered_once changed_meanwhile changed_since channel_off email_taken entry_deleted "
        "export_not_done "
        "google_off habit_exists identity_taken import_begun import_not_done "
        "import_not_undoable in_progress "
        "last_admin link_not_opened no_channel no_mail_server oidc_off passkey_exists "
        "passkeys_off prompt_built_in proposal_empty reminder_at_limit reminder_not_smart "
        "reminder_off telegram_linked telegram_off template_built_in too_many_access_tokens "
        "too_many_calendars too_many_feeds too_many_habits too_many_hooks too_many_passkeys "
        "too_many_prompts too_many_templates totp_not_begun totp_off"
    ),
    410: "cursor_expired link_expired link_void user_gone",
    412: "version_conflict",
    413: "too_large",
    415: "not_json not_multipart",
    421: "unknown_host",
    422: (
        "apprise_not_allowed apprise_parameter apprise_private apprise_unknown "
        "apprise_unknown_host at_not_on_day at_out_of_range calendar_address calendar_away "
        "calendar_broken calendar_forbidden calendar_gone calendar_none calendar_not_text "
        "calendar_private calendar_redirects calendar_too_large calendar_too_slow day_out_of_range "
        "effective_from_past entry_empty expiry_out_of_range feed_contradicts_itself "
        "file_missing identity_unfit import_empty import_failed import_habit_binned "
        "import_habit_twin import_habit_unclear import_habit_unfit import_habit_unlisted "
        "import_incomplete import_moods_unknown import_nothing import_part_malformed "
        "import_too_large import_unknown_format import_unreadable import_without_header invalid "
        "invalid_email invalid_form key_reused malformed moods_malformed no_such_picture "
        "no_user_named not_a_duration not_a_number passkey_unfit range_and_period "
        "range_reversed range_too_long reminder_needs_habit reminder_text_missing "
        "row_unreadable "
        "schedule_never_due state_contradicts_value target_not_allowed target_not_at_most "
        "too_many_elements too_many_keys too_many_parameters too_many_reminders too_many_tokens "
        "unit_not_allowed unknown_habit unknown_prompt unless_written_with_habit value_missing "
        "value_not_whole value_not_yes_no value_too_large weak_password wrong_cursor wrong_otp "
        "wrong_password"
    ),
    429: "rate_limited test_sent too_many_attempts too_many_mails too_many_streams",
    431: "head_too_large",
    500: "broken",
    503: (
        "bot_unreachable broker_away busy database_away database_busy database_read_only "
        "disk_full draining google_away interrupted line_lost not_ready oidc_away "
        "profile_pending room_down room_lost secrets_sealed streams_full too_many_connections"
    ),
    504: "expired too_slow unanswered",
}
